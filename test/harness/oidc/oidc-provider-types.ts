import type { IncomingMessage, ServerResponse } from 'node:http';

/** What we use of oidc-provider 9, which brings no types. */
export interface OidcProviderModule {
  readonly Provider: new (issuer: string, configuration: object) => Provider;
}

export interface Provider {
  readonly Grant: new (owner: { readonly accountId: string; readonly clientId: string }) => Grant;
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ readonly uid: string }>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
}

interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}

/** By a name that the compiler does not look up: there is nothing that it could find. */
export async function importOidcProvider(): Promise<OidcProviderModule> {
  const name: string = 'oidc-provider';
  return (await import(name)) as OidcProviderModule;
}
