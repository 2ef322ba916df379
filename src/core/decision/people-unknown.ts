/** What is said where the people map was never readable: fail closed. */
export const PEOPLE_UNKNOWN =
  'Sallyport cannot read who is who (ConfigMap sallyport-people), so that nobody can ask or vote; whoever keeps it must mend it';
