import type { KubeClient } from '../platform/kube/client.ts';
import { KubeResponseError } from '../platform/kube/errors.ts';

/** Kubernetes 1.28 and later serve it to everybody who is authenticated. */
const PATH = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

/** Our username as the API server sees it (authentication.k8s.io/v1 SelfSubjectReview), which names the vote. */
export async function whoAmI(client: KubeClient): Promise<string> {
  const review = await client.create<{ status?: { userInfo?: { username?: unknown } } }>(PATH, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
  });
  const username = review.status?.userInfo?.username;
  if (typeof username !== 'string' || username === '') {
    throw new KubeResponseError('Malformed', 'a SelfSubjectReview without a username');
  }
  return username;
}
