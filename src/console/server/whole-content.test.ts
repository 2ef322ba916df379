import { NO_SURROUNDINGS } from '../../core/notice/surroundings.ts';
import { expect, test } from 'vitest';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import { sampleRequests } from '../../../test/builders/console-requests.ts';
import { approvalState } from '../../core/approval/approval-state.ts';
import { buildNotice } from '../../core/notice/build-notice.ts';
import { detailOf } from './detail.ts';
import { viewerOf } from './viewer.ts';

const NOW = Date.parse('2026-11-21T14:00:00Z');
const viewer = viewerOf({ id: 'i', username: 'bob', groups: [], issuedAt: 0, expiresAt: 0 }, undefined);

/** An apply of a ConfigMap with so many keys. */
function configMap(keys: number) {
  const data = Object.fromEntries(Array.from({ length: keys }, (_each, index) => [`key-${index}`, 'x'.repeat(20)]));
  const object = { apiVersion: 'v1', kind: 'ConfigMap', data, metadata: { name: 'c', annotations: { last: 'seen' } } };
  const like = sampleRequests(NOW)[0] ?? approvalRequest();
  const { exec: _exec, ...action } = like.spec.action;
  return { ...like, spec: { ...like.spec, action: { ...action, operation: 'CREATE' as const, object } } };
}
function detail(keys: number) {
  const request = configMap(keys);
  const status = request.status ?? {};
  return detailOf({ request, status, state: { ...approvalState(request), status } }, viewer, NO_SURROUNDINGS, NOW);
}

test('what a message cuts, the page shows to its end', () => {
  expect(buildNotice(configMap(500)).content?.omitted).toContain('more of');
  const { content, warnings } = detail(500);
  expect(content?.text).toContain('last: seen');
  expect(content).not.toHaveProperty('omitted');
  expect(warnings.join()).not.toContain('before you approve');
});

test('what is too much for a page is cut too, and said to be', () => {
  const { content, warnings } = detail(6_000);
  expect(content?.text.length).toBeLessThanOrEqual(64_000);
  expect(content?.omitted).toContain('more parts of a large object');
  expect(warnings.join()).toContain('Read the rest before you approve');
});

test('nobody is told to read before an approval that cannot be given any more', () => {
  const request = { ...configMap(500), status: { state: 'Consumed' as const } };
  const warnings = buildNotice(request).warnings.join();
  expect(warnings).toContain('This does not show all of it.');
  expect(warnings).not.toContain('before you approve');
});
