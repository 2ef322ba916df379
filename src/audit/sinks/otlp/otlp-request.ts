import type { SinkMessage } from '../sink.ts';

/**
 * ExportLogsServiceRequest (opentelemetry/proto/collector/logs/v1) in the JSON encoding of OTLP 1.x: "The keys of JSON
 * objects are field names converted to lowerCamelCase"; "Values of enum fields MUST be encoded as integer values"; and by
 * proto3's JSON mapping 64-bit integers are decimal strings. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function otlpRequest(batch: readonly SinkMessage[]): string {
  const ledger = batch[0]?.document.sallyport.ledger ?? '';
  return JSON.stringify({
    resourceLogs: [
      {
        resource: {
          attributes: [
            attribute('service.name', 'sallyport'),
            // Semantic conventions: unique for each instance of the service; a ledger belongs to one.
            attribute('service.instance.id', ledger),
          ],
        },
        scopeLogs: [{ scope: { name: 'sallyport.evidence' }, logRecords: batch.map(logRecord) }],
      },
    ],
  });
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

function logRecord({ id, document }: SinkMessage) {
  const { '@timestamp': at, message, ...fields } = document;
  const severity = SEVERITIES[document.event.severity];
  return {
    timeUnixNano: nanoseconds(at) ?? nanoseconds(document.event.created) ?? '0',
    observedTimeUnixNano: nanoseconds(document.event.created) ?? '0',
    severityNumber: severity.number,
    severityText: severity.text,
    eventName: `sallyport.evidence.${document.sallyport.kind}`,
    body: { stringValue: message },
    attributes: [
      // Semantic conventions: "If an id is provided, other log records with the same id will be considered duplicates".
      attribute('log.record.uid', id),
      ...flat('', fields),
    ],
  };
}

/** Logs data model, Appendix B: syslog's alert is ERROR3, warning WARN, notice INFO2, informational INFO. */
const SEVERITIES = {
  1: { number: 19, text: 'ALERT' },
  4: { number: 13, text: 'WARNING' },
  5: { number: 10, text: 'NOTICE' },
  6: { number: 9, text: 'INFO' },
} as const;

/** The fields of ECS by their dotted names, as in the semantic conventions into which ECS goes over. */
function flat(prefix: string, fields: object): KeyValue[] {
  return Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    const key = `${prefix}${name}`;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flat(`${key}.`, value)
      : [attribute(key, value)];
  });
}

function attribute(key: string, value: unknown): KeyValue {
  return { key, value: anyValue(value) };
}

function anyValue(value: unknown): AnyValue {
  switch (typeof value) {
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    case 'object':
      return Array.isArray(value) ? { arrayValue: { values: value.map(anyValue) } } : { stringValue: '' };
    default:
      return { stringValue: String(value) };
  }
}

/** Since the epoch. RFC 3339 with any fraction: the API server gives microseconds, which a Date does not hold. */
function nanoseconds(time: string): string | undefined {
  const fraction = /\.(\d{1,9})/.exec(time)?.[1] ?? '';
  const ms = Date.parse(time.replace(/\.\d+/, ''));
  return Number.isNaN(ms) || ms < 0 ? undefined : `${ms / 1000}${fraction.padEnd(9, '0')}`;
}
