/** Why the check of documents does not run a command. */
export type RefusedCommand = { readonly command: string; readonly reason: string };

/** Commands that need something from outside, and those that another step runs, each with the reason. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/^docker|\bdocker compose/, 'needs a Docker engine'],
  [/opentelemetry|^export OTEL_/, 'needs a package from the network, and Jaeger'],
  [/^ollama/, 'needs Ollama'],
  [/--live\b|--tell-operator/, 'needs a token of Discord itself'],
  [/--events URL/, 'needs a public https address'],
  [
    /\bsudo\b|^journalctl|deploy\/parley-run/,
    'needs systemd, and writes to /opt and /etc',
  ],
  [/^(?:sysctl|ssh|kubectl)\b/, 'changes the host, or needs another machine'],
  [/^git (?:fetch|clone)/, 'needs a published version, and there is none'],
  [/image-steps\.sh|^\.ci\/image/, '.ci/image-steps and .ci/image run it'],
  [/^git worktree|--bot\b|\[--/, 'compares two checkouts, for minutes'],
  [/run (?:bench|eval)\b/, 'measures for minutes; .ci/run compares delays'],
  [/CLONE$/, "needs a clone of OpenAI's description"],
  [
    /^\.ci\/|run code-size|test:(?:long|page|others)|^npm (?:ci && npm )?test$/,
    '.ci/run or nightly',
  ],
  [
    /run (?:fuzz|simulate|planted|nightly|docs-check)\b|run mission -- --planted/,
    'a step of npm run nightly',
  ],
  [/--ignore-scripts/, 'needs a Node 24 that is not in node_modules'],
  [/-- test\/config -u$/, 'writes the file that the tests compare'],
];

/** Commands that the six steps of the README run. */
const inSixSteps = /^npm (?:ci|start|run token|run setup)$|&& npm (?:run setup|start)$/;
/** Commands for a bot that is stopped. */
const forStopped = /run restore|programs\/restore|run migrate|run dev$/;

/** Undefined for a command that is run. */
export function findRefusal(line: string) {
  const match = refused.find(([pattern]) => pattern.test(line));
  return match && { command: line, reason: match[1] };
}

export function isInSixSteps(line: string) {
  return inSixSteps.test(line);
}

export function needsStoppedBot(line: string) {
  return forStopped.test(line);
}
