/** The provider did not answer, or not like one: signing in may work in a moment. */
export class OidcUnavailableError extends Error {
  override readonly name = 'OidcUnavailableError';
  readonly code = 'OidcUnavailable';
}

/** What came back proves nobody's identity: a wrong state, nonce, audience or signature, or a code that is spent. */
export class OidcRefusedError extends Error {
  override readonly name = 'OidcRefusedError';
  readonly code = 'OidcRefused';
}
