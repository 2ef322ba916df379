import type { AccessQuestion, AccessReview } from '../../ports/access-review.ts';
import type { KubeClient } from './client.ts';
import { KubeResponseError } from './errors.ts';

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** Admission waits on this: an authorizer that is slower is as good as none. */
const TIMEOUT_MS = 3_000;

/** Asks the API server by SubjectAccessReview (authorization.k8s.io/v1). Never remembers an answer. */
export function createAccessReview(client: KubeClient): AccessReview {
  return {
    async allowed(question, signal) {
      const review = await client.create<{
        status?: { allowed?: unknown; denied?: unknown; evaluationError?: unknown };
      }>(PATH, body(question), {
        signal,
        timeoutMs: TIMEOUT_MS,
      });
      if (typeof review.status?.allowed !== 'boolean') {
        throw new KubeResponseError('Malformed', 'a SubjectAccessReview without an answer');
      }
      const { allowed, evaluationError } = review.status;
      // An authorizer that could not be asked has not said no: who asks whether a right is missing must not take it for one.
      if (!allowed && typeof evaluationError === 'string' && evaluationError !== '') {
        throw new KubeResponseError('Malformed', 'a SubjectAccessReview that an authorizer could not answer');
      }
      return review.status.allowed && review.status.denied !== true;
    },
  };
}

function body({ user, ...attributes }: AccessQuestion): object {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: user.username,
      uid: user.uid,
      groups: user.groups,
      extra: user.extra,
      resourceAttributes: attributes,
    },
  };
}
