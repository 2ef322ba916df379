/** Cluster-scoped configuration objects, each by its name. */
export interface NamedConfiguration {
  readonly kind:
    | 'ValidatingWebhookConfiguration'
    | 'MutatingWebhookConfiguration'
    | 'ValidatingAdmissionPolicy'
    | 'ValidatingAdmissionPolicyBinding';
  readonly name: string;
}

/**
 * Follows objects until `signal`: calls back after each change of one, and when one goes. For enqueueing only; what is true
 * is read afterwards, and a change may be told of twice or, while a watch is broken, late.
 */
export type FollowConfigurations = (
  objects: readonly NamedConfiguration[],
  onChange: (object: NamedConfiguration) => void,
  signal: AbortSignal,
) => Promise<void>;
