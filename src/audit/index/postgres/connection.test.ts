import { describe, expect, test } from 'vitest';
import { connectionOf } from './connection.ts';

const TLS = { rejectUnauthorized: true };

describe('the connection to PostgreSQL', () => {
  test.each<{ readonly case: string; readonly url: string; readonly expected: object }>([
    {
      case: 'a server, by TLS',
      url: 'postgres://sallyport:s%40crt@db.example.com/evidence',
      expected: {
        host: 'db.example.com',
        port: 5432,
        user: 'sallyport',
        password: 's@crt',
        database: 'evidence',
        ssl: TLS,
      },
    },
    {
      case: 'a port of its own',
      url: 'postgresql://u@db.example.com:6432/evidence',
      expected: { host: 'db.example.com', port: 6432, user: 'u', database: 'evidence', ssl: TLS },
    },
    {
      case: 'this machine, in plain text',
      url: 'postgres://u:p@127.0.0.1:5433/evidence',
      expected: { host: '127.0.0.1', port: 5433, user: 'u', password: 'p', database: 'evidence', ssl: false },
    },
    {
      case: 'this machine over IPv6',
      url: 'postgres://u:p@[::1]/evidence',
      expected: { host: '::1', port: 5432, user: 'u', password: 'p', database: 'evidence', ssl: false },
    },
    {
      case: 'a socket',
      url: 'postgres://u@/evidence?host=/run/postgresql',
      expected: { host: '/run/postgresql', port: 5432, user: 'u', database: 'evidence', ssl: false },
    },
    {
      case: 'a socket, without a user',
      url: 'postgres:///evidence?host=/run/postgresql',
      expected: { host: '/run/postgresql', port: 5432, user: '', database: 'evidence', ssl: false },
    },
  ])('$case', ({ url, expected }) => {
    expect(connectionOf(url)).toEqual(expected);
  });

  test('a password of its own stands in for the one of the URL, and an authority makes it TLS everywhere', () => {
    const url = 'postgres://u:p@localhost/evidence';
    expect(connectionOf(url, 'other', 'PEM')).toMatchObject({ password: 'other', ssl: { ...TLS, ca: 'PEM' } });
  });

  test.each<{ readonly case: string; readonly url: string }>([
    { case: 'nothing', url: '' },
    { case: 'another protocol', url: 'mysql://u:secret@h/d' },
    { case: 'no database', url: 'postgres://u:secret@h' },
    { case: 'no host', url: 'postgres://u:secret@/d' },
    { case: 'no host at all', url: 'postgres:///d' },
    { case: 'a wish for no TLS', url: 'postgres://u:secret@h/d?sslmode=disable' },
    { case: 'a wish for no check', url: 'postgres://u:secret@h/d?ssl=no-verify' },
    { case: 'a host that is no folder', url: 'postgres://u:secret@h/d?host=other' },
  ])('refuses $case, without telling the password', ({ url }) => {
    let message = '';
    try {
      connectionOf(url);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/^ConnectionUrlError: must /);
    expect(message).not.toContain('secret');
  });
});
