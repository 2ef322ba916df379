/**
 * A transcript without what differs from run to run: names of requests, digests, uids, times and how long things took.
 * What is left is the same for every run of the same version.
 */
export function normalise(transcript: string): string {
  return transcript
    .replaceAll(/(exec-web-0)-[0-9a-f]{8}\b/g, '$1-7f3c1a9e')
    .replaceAll(/\b(connect)-[0-9a-f]{8}\b/g, '$1-1c9e0f5a')
    .replaceAll(/sha256:[0-9a-f]{64}/g, `sha256:${'94f90d0ae28a'.padEnd(64, '0')}`)
    .replaceAll(/sha256:[0-9a-f]{12}\b(?![0-9a-f])/g, 'sha256:94f90d0ae28a')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '6aaad722-19e9-4066-a337-6e946471d7a6')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '2026-11-20T10:00:00Z')
    .replaceAll(/\b\d\d:\d\d:\d\d UTC/g, '10:00:00 UTC')
    .replaceAll(/\b\d+(\.\d+)? s\b/g, 'some seconds')
    .replaceAll(/(?<= )\d+s$/gm, '2s')
    .replaceAll(/\(\d+s ago\)/g, '(2s ago)');
}
