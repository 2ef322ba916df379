import { buildNotice } from '../../src/core/notice/build-notice.ts';
import type { Delivery } from '../../src/notify/channel.ts';
import { execRequest, type Parts } from './exec-request.ts';

export const LINK = 'https://console.example.com/requests/prod/exec-web-0';

/** Alice asks to exec, and somebody is told for the first time. */
export function delivery(overrides: Partial<Delivery> = {}, parts: Parts = {}): Delivery {
  const request = execRequest(parts);
  return {
    destination: 'ops',
    request,
    notice: buildNotice(request, { link: LINK }),
    occasions: ['Asked'],
    id: '0123456789abcdef0123456789abcdef',
    ...overrides,
  };
}

/** What a hostile requester would write, everywhere. */
export const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(1)>[click](https://evil.example) **bold** <at>all</at>\r\nBcc: everybody@example.com\u202e`;

export function hostileDelivery(overrides: Partial<Delivery> = {}): Delivery {
  return delivery(overrides, {
    action: { name: HOSTILE, exec: { container: HOSTILE, command: [HOSTILE] } },
    spec: { reason: HOSTILE, ticket: HOSTILE, requester: { username: HOSTILE, class: 'Human', person: HOSTILE } },
  });
}
