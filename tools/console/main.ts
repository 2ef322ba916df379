import { repositoryRoot } from '../cluster/profiles.ts';
import { buildConsole } from './build.ts';

const { files } = await buildConsole(repositoryRoot());
for (const { name, bytes, gzip } of files ?? []) console.log(`${name}: ${bytes} bytes, ${gzip} compressed`);
