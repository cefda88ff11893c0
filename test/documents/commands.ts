/** A test or a check that runs a command, and words in it that show so. */
type CommandRun = { readonly by: string; readonly says: string };

/** Who runs a documented command, or why no test does. */
export type CommandProof = { readonly runs: readonly CommandRun[] } | { readonly why: string };

function ran(by: string, ...says: readonly string[]): readonly CommandRun[] {
  return says.map((words) => ({ by, says: words }));
}

/** `.ci/run` runs the command as it stands. */
function inCi(command: string): CommandProof {
  return { runs: ran('.ci/run', command) };
}

function tested(by: string, ...says: readonly string[]): CommandProof {
  return { runs: ran(by, ...says) };
}

const system: CommandProof = { why: 'a program of the system: no test changes the machine' };
const container: CommandProof = {
  why: 'tests have no container engine: test/deploy/compose.test.ts and steps.test.ts hold the files',
};
const service: CommandProof = {
  why: 'tests have no systemd: test/deploy/steps.test.ts holds the units',
};
function long(parts: string): CommandProof {
  return { why: `measures for minutes, more on a busy machine; its parts: ${parts}` };
}

/** Every command that documents tell people to type, by the name that `nameOf` gives it. */
export const commands: Readonly<Record<string, CommandProof>> = {
  'npm ci': inCi('npm ci'),
  'npm install': tested('.ci/opus-from-source', 'npm install', '--no-save'),
  'npm start': tested('test/scenarios/first-run.long.test.ts', '--once'),
  'npm test': inCi('npm test'),
  'npm run backup': {
    runs: [
      ...ran('test/storage/transcripts.test.ts', 'programs/backup.ts'),
      ...ran('test/storage/transcripts.test.ts', '--transcripts'),
    ],
  },
  'npm run bench': long('bench/**/*.test.ts, and npm run node -- bench/compare.ts'),
  'npm run check': { why: 'types, lint, npm test, test:long and unused, each run by .ci/run' },
  'npm run commands': tested(
    'test/deploy/register-commands.long.test.ts',
    'register-commands.ts',
    '--remove',
  ),
  'npm run dev': { why: 'npm start that never ends: Node starts it again at each change' },
  'npm run doctor': {
    runs: [
      ...ran('test/doctor/program.test.ts', 'doctor/main.ts', '--offline'),
      ...ran('test/doctor/secrets.test.ts', '--provider', '--key-env'),
      ...ran('test/doctor/live.long.test.ts', '--live', '--silence'),
      ...ran('test/doctor/discord/operator.test.ts', '--tell-operator'),
    ],
  },
  'npm run fix': { why: 'changes the sources; npm run lint, run by .ci/run, is the same without' },
  'npm run simulate': inCi('npm run simulate'),
  'npm run fuzz': tested('test/fuzz/fuzz.long.test.ts', 'npm run fuzz'),
  'npm run lint': inCi('npm run lint'),
  'npm run migrate': { why: 'the store calls what it runs, over PostgreSQL' },
  'npm run node': inCi('npm run node -- bench/compare.ts'),
  'npm run pictures': {
    why: 'a browser and three bots for a minute; test/page/browser/*.browser.ts press the same pages',
  },
  'npm run reload': tested('test/processes/reload.long.test.ts', 'programs/reload.ts'),
  'npm run restore': {
    runs: [
      ...ran('test/storage/restore.long.test.ts', 'programs/restore.ts', '--settings'),
      ...ran('test/storage/transcripts.test.ts', '--transcripts'),
    ],
  },
  'npm run sandbox': tested('test/sandbox/program.test.ts', 'sandbox/main.ts'),
  'npm run setup': tested('test/setup/terminal.long.test.ts', 'setup/main.ts'),
  'npm run test:long': inCi('npm run test:long'),
  'npm run test:page': inCi('npm run test:page'),
  'npm run texts': tested('test/texts/program.long.test.ts', 'scripts/texts.mjs'),
  'npm run token': tested(
    'test/web/api/token-program.long.test.ts',
    'programs/token.ts',
    ...['--server', '--scopes', '--budget'],
  ),
  'npm run types': inCi('npm run types'),
  'npm run unused': inCi('npm run unused'),
  'npm run code-size': inCi('npm run code-size'),
  '.ci/litellm-proxy': inCi('.ci/litellm-proxy'),
  '.ci/with-postgres': inCi('.ci/with-postgres npm test'),
  'node doctor/main.ts': tested('test/doctor/program.test.ts', 'doctor/main.ts'),
  'node setup/main.ts': tested('test/setup/terminal.long.test.ts', 'setup/main.ts'),
  'node src/app/programs/restore.ts': tested(
    'test/storage/restore.long.test.ts',
    'programs/restore.ts',
  ),
  'node scripts/fix-lock.mjs': tested('test/scripts/fix-lock.test.ts', 'fix-lock.mjs', '--ask'),
  'deploy/image-steps.sh build': tested('test/deploy/image.ts', 'image-steps.sh'),
  'deploy/image-steps.sh start': tested('test/deploy/as-root.test.ts', 'image-steps.sh'),
  ln: system,
  aplay: system,
  'node examples/play.mjs': tested('test/examples/play.test.ts', 'examples/play.mjs'),
  python3: system,
  curl: { why: 'the requests of docs/http.md are those of test/web/api/operations.test.ts' },
  'docker build': container,
  'docker run': container,
  'docker compose stop': container,
  'docker compose up': container,
  'docker compose logs': container,
  'docker compose exec': container,
  'docker compose run': container,
  'systemctl daemon-reload': service,
  'systemctl disable': service,
  'systemctl enable': service,
  journalctl: service,
  'deploy/parley-run': service,
  cp: system,
  echo: system,
  install: system,
  openssl: system,
  printf: system,
  ssh: system,
  sysctl: system,
  tee: system,
  umask: system,
};
