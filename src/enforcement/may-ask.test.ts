import { describe, expect, test } from 'vitest';
import {
  createAttributes,
  deleteAttributes,
  deployment,
  execAttributes,
  updateAttributes,
} from '../../test/builders/attributes.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { FakeAccessReview } from '../ports/fake-access-review.ts';
import { mayAsk } from './may-ask.ts';

const eviction = createAttributes(deployment(), {
  group: '',
  resource: 'pods',
  subresource: 'eviction',
  name: 'web-0',
});
const proxy = execAttributes({ subresource: 'proxy', object: { path: '/' } });

describe('[R41] whoever asks by hand must be allowed', () => {
  const signal = new AbortController().signal;

  test.each<[string, Attributes, readonly string[]]>([
    ['to create, whatever the name', createAttributes(), ['create apps/deployments in prod']],
    ['to create a subresource, of this object', eviction, ['create pods/eviction web-0 in prod']],
    [
      'to update, or to patch',
      updateAttributes(),
      ['update apps/deployments web in prod', 'patch apps/deployments web in prod'],
    ],
    ['to delete', deleteAttributes(), ['delete apps/deployments web in prod']],
    ['to exec', execAttributes(), ['create pods/exec web-0 in prod']],
    [
      'to reach a proxy by one method or the other',
      proxy,
      ['create pods/proxy web-0 in prod', 'get pods/proxy web-0 in prod'],
    ],
  ])('%s', async (_, attributes, expected) => {
    const nobody = new FakeAccessReview(() => false);
    expect(await mayAsk(attributes, nobody, signal)).toBe(false);
    const asked = nobody.asked.map(({ verb, group, resource, subresource, name, namespace }) =>
      [
        verb,
        `${group === '' ? '' : `${group}/`}${resource}${subresource === '' ? '' : `/${subresource}`}`,
        ...(name === '' ? [] : [name]),
        `in ${namespace}`,
      ].join(' '),
    );
    expect(asked).toEqual(expected);
    expect(nobody.asked[0]?.user.username).toBe('alice');
    for (const [index] of expected.entries()) {
      let questions = 0;
      const one = new FakeAccessReview(() => questions++ === index);
      expect(await mayAsk(attributes, one, signal)).toBe(true);
    }
  });
});
