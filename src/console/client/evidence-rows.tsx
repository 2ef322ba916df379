import type { VNode } from 'preact';
import type { EvidenceRow as Row } from '../api.ts';
import { Time } from './clock.tsx';
import { Link } from './link.tsx';
import type { EvidenceFilters } from './route.ts';
import { Text } from './text.tsx';

/** Of an id: enough to see what belongs together. */
const DECISION_CHARACTERS = 8;

/** In whose words the object stands already. */
const NAMES_ITS_OBJECT: ReadonlySet<Row['kind']> = new Set<Row['kind']>(['Decision', 'AuditEvent', 'Policy', 'Alarm']);

export function EvidenceRow({ row, filters }: { row: Row; filters: EvidenceFilters }): VNode {
  const { kind, user, person, resource, name, namespace, request, decision, what, detail, evidence = [] } = row;
  const object = NAMES_ITS_OBJECT.has(kind) ? '' : [resource, name].filter((part) => (part ?? '') !== '').join(' ');
  const isWarning = kind === 'Alarm' || what.endsWith('(NOT GENUINE)');
  return (
    <li class="row record">
      <div class="row-at">
        <span class={isWarning ? 'tag warn' : 'tag'}>{kind}</span>
        <Exact at={row.at} />
      </div>
      <div class="row-what">
        <p>
          <strong class={isWarning ? 'warned' : ''}>
            <Text>{what}</Text>
          </strong>{' '}
          {object === '' ? null : (
            <code>
              <Text>{object}</Text>
            </code>
          )}{' '}
          <Text>{detail}</Text>
        </p>
        <p class="row-why">
          {user === undefined ? null : (
            <span class="who">
              <Text>{person === undefined || person === user ? user : `${person} (${user})`}</Text>
            </span>
          )}
          <Time at={row.at} />
          {namespace === undefined ? null : (
            <span>
              in <Text>{namespace}</Text>
            </span>
          )}
          {request === undefined || filters.request === request ? null : <OfRequest request={request} to="Evidence" />}
          {decision === undefined ? null : (
            <OfDecision
              decision={decision}
              {...(filters.namespace === undefined ? {} : { namespace: filters.namespace })}
            />
          )}
          {evidence.length === 0 ? null : (
            <span>
              proved by{' '}
              {evidence.map((id) => (
                <code key={id}>
                  <Text>{id}</Text>{' '}
                </code>
              ))}
            </span>
          )}
        </p>
      </div>
    </li>
  );
}

/** Its story, or itself. */
export function OfRequest({ request, to }: { request: string; to: 'Evidence' | 'Request' }): VNode {
  const slash = request.indexOf('/');
  const namespace = request.slice(0, slash);
  const route =
    to === 'Request'
      ? ({ page: 'Request', namespace, name: request.slice(slash + 1) } as const)
      : ({ page: 'Evidence', filters: { namespace, request } } as const);
  return (
    <Link to={route}>
      <Text>{request}</Text>
    </Link>
  );
}

function OfDecision({ decision, namespace }: { decision: string; namespace?: string }): VNode {
  return (
    <span>
      decision{' '}
      <Link to={{ page: 'Evidence', filters: { ...(namespace === undefined ? {} : { namespace }), decision } }}>
        <code>
          <Text>{decision.slice(0, DECISION_CHARACTERS)}</Text>
        </code>
      </Link>
    </span>
  );
}

/** As exact as it is known: what belongs together is often of one second. */
function Exact({ at }: { at: string }): VNode | null {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return null;
  const [day, time = ''] = new Date(ms)
    .toISOString()
    .slice(0, at.includes('.') ? -1 : -5)
    .split('T');
  return (
    <time dateTime={at} class="exact">
      <span>{day}</span> <span>{time}</span>
    </time>
  );
}
