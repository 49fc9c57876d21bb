import { join } from 'node:path';
import { gatherKnowledge } from '../../src/knowledge/gather.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { check } from '../../src/rules/check.ts';
import { rules } from '../../src/rules/index.ts';
import { openStore } from '../../src/store/store.ts';
import { createScriptHost } from '../script-host.ts';

// One audit in a fresh process, timed from when all is loaded: prints milliseconds (and how many of a processor, which a busy machine does not stretch) and the number of findings.
const host = createScriptHost();
const folder = process.argv[2] ?? '.';
const store = openStore(join(host.cacheFolder, 'store'), host.now);
const startedCpu = process.cpuUsage();
const started = performance.now();
const project = await openProject(host, { folder });
const opened = performance.now();
const model = resolveModel(project);
const resolved = performance.now();
const knowledge = await gatherKnowledge(host, project, model, { store, isOffline: true });
const { findings } = check(rules, { project, model, knowledge });
const done = performance.now();
const { user, system } = process.cpuUsage(startedCpu);
process.stdout.write(`${JSON.stringify({ ms: done - started, cpu: (user + system) / 1000, open: opened - started, resolve: resolved - opened, check: done - resolved, findings: findings.length })}\n`);
