import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps room for who can prove who they are. A connection costs its sender nothing before the handshake, and by
 * `maxConnections` alone whoever holds that many open would keep everybody else out.
 */
export interface ConnectionGuard {
  watch(server: Server): void;
  /** Whoever is at the other end has authenticated: the connection stays. */
  trust(socket: Socket): void;
}

export const CLOSED = [
  /** Had not authenticated, and made room for a new one. */
  'Unproved',
  /** New, above `maxConnections`, all of which had authenticated or are just being made. */
  'TooMany',
] as const;

export interface ConnectionGuardOptions {
  /** Connections that have not authenticated; above it the oldest is closed, of the address that has the most of them. */
  readonly mostUnproved: number;
  readonly onClosed: (why: (typeof CLOSED)[number], address: string) => void;
}

interface Unproved {
  readonly address: string;
  /** Of TCP, and from the end of the handshake on of TLS. */
  socket: Socket;
}

export function createConnectionGuard({ mostUnproved, onClosed }: ConnectionGuardOptions): ConnectionGuard {
  /** By address and port of the other end; the oldest first. */
  const unproved = new Map<string, Unproved>();

  function closeOne(): void {
    const counts = new Map<string, number>();
    for (const { address } of unproved.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
    const most = Math.max(...counts.values());
    for (const [peer, { address, socket }] of unproved) {
      if (counts.get(address) !== most) continue;
      unproved.delete(peer);
      socket.destroy();
      onClosed('Unproved', address);
      return;
    }
  }

  return {
    watch: (server) => {
      server.on('connection', (socket) => {
        const peer = peerOf(socket);
        if (peer === undefined) return;
        const known: Unproved = { address: socket.remoteAddress ?? '', socket };
        unproved.set(peer, known);
        socket.once('close', () => {
          if (unproved.get(peer) === known) unproved.delete(peer);
        });
        if (unproved.size > mostUnproved) closeOne();
      });
      server.on('secureConnection', (socket: Socket) => {
        const known = unproved.get(peerOf(socket) ?? '');
        if (known !== undefined) known.socket = socket;
      });
      server.on('drop', (dropped) => onClosed('TooMany', dropped?.remoteAddress ?? 'unknown'));
    },
    trust: (socket) => void unproved.delete(peerOf(socket) ?? ''),
  };
}

/** @returns undefined where it is gone already */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort ?? ''}`;
}
