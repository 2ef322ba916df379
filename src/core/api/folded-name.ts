/**
 * A name without what tells two spellings of it apart: case, and forms of a letter that Unicode calls the same (NFKC, UAX 15).
 * Kubernetes compares names byte by byte, and identity providers do not all; so two names that fold to one may be one human.
 * Good for refusing alone: that somebody has voted, or has asked. Nobody is given anything by it.
 */
export function foldedName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
