/**
 * Milliseconds of CPU that this thread has had. The one clock of a pure room: it bounds work, and what it stops is an error,
 * never a verdict.
 */
export function threadMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
