import type { z } from 'zod';
import type { AuditConfig } from './audit.ts';
import type { notify } from './notify.ts';

/** Destinations of `audit.detectors.notify` that would never hear of an alarm: that must not show by the first alarm. */
export function unheardAlarms(
  audit: Pick<AuditConfig, 'receiver' | 'detectors'> | undefined,
  channels: z.output<typeof notify>,
): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  if (audit === undefined || audit.detectors.notify.length === 0) return [];
  if (audit.receiver === undefined)
    return [{ path: [], message: 'must not be given without audit.receiver: there are no alarms without it' }];
  return audit.detectors.notify.flatMap(({ kind, channel }, index) => {
    const setting = missing(kind, channel, channels);
    return setting === undefined ? [] : [{ path: [index], message: `must be set up: ${setting} is not given` }];
  });
}

function missing(
  kind: AuditConfig['detectors']['notify'][number]['kind'],
  channel: string,
  { slack, email, teams, webhooks }: z.output<typeof notify>,
): string | undefined {
  switch (kind) {
    case 'Slack':
      return slack === undefined ? 'notify.slack' : undefined;
    case 'Email':
      return email === undefined ? 'notify.email' : undefined;
    case 'Teams':
      return teams.some(({ name }) => name === channel) ? undefined : `notify.teams with the name ${channel}`;
    case 'Webhook':
      return webhooks.some(({ name }) => name === channel) ? undefined : `notify.webhooks with the name ${channel}`;
  }
}
