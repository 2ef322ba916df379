import type { UserInfo } from '../core/api/kinds.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { KubeResponseError } from '../platform/kube/errors.ts';

/** Kubernetes 1.28 and later serve it to everybody who is authenticated. */
const PATH = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

/** Our username as the API server sees it (authentication.k8s.io/v1 SelfSubjectReview), which names the vote. */
export async function whoAmI(client: KubeClient): Promise<string> {
  return (await userInfo(client)).username;
}

/** All that the API server knows of us, as it tells admission. */
export async function userInfo(client: KubeClient): Promise<UserInfo> {
  const review = await client.create<{ status?: { userInfo?: Partial<UserInfo> } }>(PATH, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
  });
  const { username, uid, groups, extra } = review.status?.userInfo ?? {};
  if (typeof username !== 'string' || username === '') {
    throw new KubeResponseError('Malformed', 'a SelfSubjectReview without a username');
  }
  return { username, ...(uid === undefined ? {} : { uid }), groups: groups ?? [], extra: extra ?? {} };
}
