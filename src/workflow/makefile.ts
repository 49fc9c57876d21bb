import type { Inventory } from './inventory.ts';
import { makefileHead } from './makefile-head.ts';
import { firstEvent, tasksOf, type Task } from './tasks.ts';

/** Makefile of a project: each task a target, and a list of them when none is named. */
export function makefileText(inventory: Inventory): string {
  const tasks = tasksOf(inventory);
  const first = firstEvent(inventory);
  const needsRepository = tasks.some(({ commands }) => commands.some((command) => command.includes('{repository}')));
  const open = tasks.some(({ name }) => name === 'sync') ? inventory.development.openParameters : [];
  const settings = [
    ...(first ? [`FUNCTION ?= ${first.name}`, `EVENT ?= ${first.event ?? ''}`.trimEnd()] : []),
    ...(needsRepository ? ['# Where sync puts images: the URI of a repository in ECR.', 'IMAGE_REPOSITORY ?='] : []),
    ...(open.length > 0 ? [`# Values that sync has to be told, as NAME=VALUE, for ${open.join(', ')}.`, 'PARAMETERS ?='] : []),
  ];
  return `${[
    makefileHead,
    ...settings,
    '',
    '# shear builds and runs without Docker, and only what changed. Where it is not installed, sam does the same work.',
    'ifneq ($(shell command -v shear 2>/dev/null),)',
    'BUILD := shear build',
    ...(first ? ['INVOKE := shear invoke'] : []),
    'else',
    'BUILD := sam build',
    ...(first ? ['INVOKE := sam local invoke'] : []),
    'endif',
    '',
    `.PHONY: help ${tasks.map(({ name }) => name).join(' ')}`,
    '',
    'help: ## list this',
    `\t@sed -n 's/^\\([a-z-]*\\):[^#]*## /  make \\1\\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22`,
    ...tasks.flatMap((task) => ['', ...target(task, open)]),
  ].join('\n')}\n`;
}

function target({ name, does, commands, needs }: Task, open: readonly string[]): readonly string[] {
  const recipe = commands.flatMap((command) => [
    ...(command.includes('{repository}') ? ['@test -n "$(IMAGE_REPOSITORY)" || { echo "say where images go: make sync IMAGE_REPOSITORY=ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME"; exit 2; }'] : []),
    ...(command.includes('{parameters}') ? [`@test -n "$(PARAMETERS)" || { echo "say values here or in the Makefile: make sync PARAMETERS='${open.map((one) => `${one}=…`).join(' ')}'"; exit 2; }`] : []),
    filled(command, { build: '$(BUILD)', invoke: '$(INVOKE)', function: '$(FUNCTION)', event: '$(EVENT)', repository: '$(IMAGE_REPOSITORY)', parameters: '$(PARAMETERS)' }),
  ]);
  return [`${name}:${needs ? ` ${needs}` : ''} ## ${does}`, ...recipe.map((line) => `\t${line.replace(' -e $(EVENT)', '$(if $(EVENT), -e $(EVENT))')}`)];
}

function filled(command: string, words: Readonly<Record<string, string>>): string {
  return command.replace(/\{(\w+)\}/gu, (whole, word: string) => words[word] ?? whole);
}
