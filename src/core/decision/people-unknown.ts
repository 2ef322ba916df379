/** What is said where no people map was ever good, or where the watch of it is behind, which passes: fail closed. */
export const PEOPLE_UNKNOWN =
  'Sallyport cannot read who is who (ConfigMap sallyport-people), so that nobody can ask or vote; try again in a moment, and if it stays so, whoever keeps it must mend it';
