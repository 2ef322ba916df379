/** The Secret that holds what the paths of the webhook begin with. Who can read it can speak for the API server. */
export const PATH_SECRET = 'sallyport-webhook-path';

/** 256 bits in lower-case hex: the API server takes only DNS subdomains as segments of a path. */
const FORM = /^[0-9a-f]{64}$/;
export const PATH_SECRET_BYTES = 32;

export interface PathSecret {
  readonly current: string;
  /** Only while a change is under way: what the configuration carries, or API servers may still use. */
  readonly previous?: string;
  /** When `current` was made, in milliseconds since the epoch. */
  readonly since: number;
}

export type SecretValues = Readonly<Record<string, string>>;

/** Undefined where there is none, or what is there is damaged. */
export function pathSecretOf(values: SecretValues | undefined): PathSecret | undefined {
  const { current = '', previous = '', since = '' } = values ?? {};
  const madeAt = Date.parse(since);
  if (!FORM.test(current) || Number.isNaN(madeAt)) return undefined;
  return { current, since: madeAt, ...(FORM.test(previous) ? { previous } : {}) };
}

export function valuesOf({ current, previous, since }: PathSecret): SecretValues {
  return { current, since: new Date(since).toISOString(), ...(previous === undefined ? {} : { previous }) };
}

/** What a caller may show. */
export function accepted(secret: PathSecret): readonly string[] {
  return secret.previous === undefined ? [secret.current] : [secret.current, secret.previous];
}
