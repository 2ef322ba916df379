import { createTellingEvents } from '../../src/audit/alarms/telling-events.ts';
import { tellAlarms } from '../../src/audit/alarms/tell-alarms.ts';
import type { ToldAlarms, ToldBefore, ToldLines } from '../../src/audit/alarms/told-alarms.ts';
import type { AlarmKind } from '../../src/core/evidence/alarm.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import { FakeAlarmChannel } from '../../src/ports/fake-alarm-channel.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { FakeLedger } from '../../src/ports/fake-ledger.ts';
import { EVIDENCE } from './evidence.ts';

/** A ledger with alarms, the destinations that hear of them, and processes that tell them, one after the other. */
export class AlarmsWorld {
  readonly clock = new FakeClock();
  readonly ledger = new FakeLedger(this.clock);
  readonly channels: ReadonlyMap<string, FakeAlarmChannel>;
  /** What is on the disk. */
  saved: ToldLines | undefined;
  /** A disk of which that cannot be read. */
  refusesToLoad = false;
  /** A disk that is full. */
  refusesToSave = false;
  /** Of the process that runs: nothing is saved any more once it has died. */
  #process: { readonly stop: AbortController; readonly ended: Promise<void>; isDead: boolean } | undefined;
  #count = 0;

  constructor(...destinations: readonly string[]) {
    this.channels = new Map(destinations.map((name) => [name, new FakeAlarmChannel()]));
  }

  channel(name = [...this.channels.keys()][0] ?? ''): FakeAlarmChannel {
    return this.channels.get(name) ?? new FakeAlarmChannel();
  }

  async alarm(alarm: AlarmKind = 'Bypass', count = 1, message = 'mallory did it'): Promise<void> {
    const submissions = Array.from({ length: count }, () => {
      this.#count += 1;
      const at = new Date(this.clock.now()).toISOString();
      const data = { ...EVIDENCE.Alarm.data, alarm, at, message: `${message}, ${this.#count}` };
      return { ...EVIDENCE.Alarm, id: `alarm/${this.#count}`, data };
    });
    await this.ledger.append(submissions);
    await this.clock.advance(0);
  }

  async start(): Promise<void> {
    const stop = new AbortController();
    const isDead = () => process.isDead;
    const told: ToldAlarms = {
      load: async () => this.#before(),
      save: async (lines) => {
        if (isDead() || this.refusesToSave) throw new Error('ENOSPC');
        this.saved = JSON.parse(JSON.stringify(lines)) as ToldLines;
      },
    };
    const events = createTellingEvents(silentLogger, createMetrics({ processMetrics: false }), [
      ...this.channels.keys(),
    ]);
    const { ledger, channels, clock } = this;
    const ports = { ledger, told, channels, clock, random: () => 0.5, events };
    const process = {
      stop,
      isDead: false,
      ended: tellAlarms({ consoleUrl: 'https://console.example.com/' }, ports, stop.signal),
    };
    this.#process = process;
    await clock.advance(0);
  }

  #before(): ToldBefore {
    if (this.refusesToLoad) return { type: 'Unreadable', error: new Error('EIO') };
    return this.saved === undefined ? { type: 'None' } : { type: 'Known', lines: this.saved };
  }

  /** Ends the process: in order, or so that it writes nothing any more. */
  async end(how: 'Stops' | 'Dies' = 'Stops'): Promise<void> {
    if (this.#process === undefined) return;
    this.#process.isDead = how === 'Dies';
    this.#process.stop.abort();
    await this.#process.ended;
    this.#process = undefined;
  }
}
