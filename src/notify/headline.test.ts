import { expect, test } from 'vitest';
import { delivery } from '../../test/builders/delivery.ts';
import { plainText } from './email/mail-text.ts';

test('a mail has the commands to copy, and names the console only where there is one', () => {
  const whole = delivery();
  const { link: _, ...notice } = whole.notice;
  const text = plainText({ ...whole, notice });
  const { namespace = '', name } = whole.request.metadata;
  expect(text).toContain(`kubectl sallyport show ${namespace}/${name}`);
  expect(text).toContain(`kubectl sallyport approve ${namespace}/${name}`);
  expect(text).not.toContain('console');
  expect(plainText(whole)).toContain('in the console');
});
