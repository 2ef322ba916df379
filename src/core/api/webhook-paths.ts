/** Where the API server finds each review, behind whatever tells callers apart. */
export const WEBHOOK_PATHS = {
  connect: '/gate/connect',
  write: '/gate/write',
  mutateOwnKinds: '/own-kinds/mutate',
  validateOwnKinds: '/own-kinds/validate',
} as const;

export type WebhookPath = (typeof WEBHOOK_PATHS)[keyof typeof WEBHOOK_PATHS];

/**
 * The path in a webhook configuration: `/<secret>/gate/connect`. Every segment is lower-case hex or words, since the
 * API server takes only DNS subdomains there (validation of clientConfig.service.path).
 *
 * @param secret undefined where callers show a certificate instead
 * @param revision of the policies (R3); the paths of the gate only
 */
export function configuredPath(path: WebhookPath, secret: string | undefined, revision?: string): string {
  const whole = revision === undefined ? path : `${path}/${revision}`;
  return secret === undefined ? whole : `/${secret}${whole}`;
}

/** Takes a path apart again, without the secret. Undefined for any that no configuration of ours has. */
export function parsePath(text: string): { readonly path: WebhookPath; readonly revision: string } | undefined {
  const [, path = '', revision = ''] = /^(\/[a-z-]+\/[a-z]+)(?:\/([0-9a-f]{32}))?$/.exec(text) ?? [];
  const known = Object.values(WEBHOOK_PATHS).find((each) => each === path);
  return known === undefined ? undefined : { path: known, revision };
}
