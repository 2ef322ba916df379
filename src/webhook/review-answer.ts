/** What we say of one AdmissionReview, before it is one. */
export type ReviewAnswer =
  | {
      readonly allowed: true;
      /** JSON Patch (RFC 6902) operations; of a mutating review only. */
      readonly patch?: readonly object[];
      readonly warnings?: readonly string[];
      readonly auditAnnotations?: Readonly<Record<string, string>>;
    }
  | {
      readonly allowed: false;
      /** HTTP status of the refusal that the caller gets. */
      readonly status: number;
      /** metav1.Status reason, such as Forbidden. */
      readonly reason: string;
      readonly message: string;
      readonly causes?: readonly Cause[];
      /** metav1.StatusDetails: the API server makes it the Retry-After header. */
      readonly retryAfterSeconds?: number;
      /** What is refused. kubectl writes it in front of the causes of an Invalid, and drops the message. */
      readonly target?: { readonly kind: string; readonly name: string };
      readonly auditAnnotations?: Readonly<Record<string, string>>;
    };

/** metav1.StatusCause. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** Kubernetes advises at most 256 characters, and drops warnings where all together are longer than 4096. */
const WARNING_LENGTH = 256;
/** An audit annotation is stored with every event. */
const ANNOTATION_LENGTH = 256;
/** Many causes make one unreadable error. */
const CAUSES = 32;

/** admission.k8s.io/v1 AdmissionReview with a response. */
export function renderReview(uid: string, answer: ReviewAnswer): object {
  const auditAnnotations = Object.fromEntries(
    Object.entries(answer.auditAnnotations ?? {}).map(([key, value]) => [key, value.slice(0, ANNOTATION_LENGTH)]),
  );
  const response = answer.allowed
    ? {
        uid,
        allowed: true,
        auditAnnotations,
        ...(answer.warnings === undefined || answer.warnings.length === 0
          ? {}
          : { warnings: answer.warnings.map((warning) => warning.slice(0, WARNING_LENGTH)) }),
        ...(answer.patch === undefined || answer.patch.length === 0
          ? {}
          : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(answer.patch)).toString('base64') }),
      }
    : {
        uid,
        allowed: false,
        auditAnnotations,
        status: {
          status: 'Failure',
          code: answer.status,
          reason: answer.reason,
          message: answer.message,
          ...(answer.causes === undefined
            ? {}
            : {
                details: {
                  ...answer.target,
                  causes: answer.causes.slice(0, CAUSES),
                  ...(answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds }),
                },
              }),
        },
      };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}

/** A refusal of a write to one of our own kinds: 403, as RBAC would say it. */
export function forbidden(message: string): ReviewAnswer {
  return { allowed: false, status: 403, reason: 'Forbidden', message: `sallyport: ${message}` };
}

export const ALLOWED: ReviewAnswer = { allowed: true };
