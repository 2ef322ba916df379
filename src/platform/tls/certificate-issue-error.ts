/** A certificate could not be made as asked; nothing was issued. */
export class CertificateIssueError extends Error {
  override readonly name = 'CertificateIssueError';
  readonly code = 'CertificateIssue';
}
