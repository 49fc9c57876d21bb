import { cacheFolder, createScriptHost } from '../script-host.ts';
import { provideBase } from './base.ts';

// tsx scripts/stand-in/main.ts [host|debian]: makes the base images if they are needed and tells of them as JSON.
const wish = process.argv[2] === 'debian' ? 'debian' : 'host';
const base = await provideBase(createScriptHost(), cacheFolder, wish);
process.stdout.write(`${JSON.stringify(base)}\n`);
