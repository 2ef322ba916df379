/** metav1.MicroTime: always six digits. Three, as `toISOString` has, are refused with 400. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
