import { plain } from './plain.ts';

/** Lines that tell how busy the machine was, or that come only where something took long. */
const ofTheMachine = [
  /^\d+ alert /,
  /port is in use|check its disk|^\d+ (page|status): /,
  /could be (written|posted)|Unknown Channel/,
  /log in|rate limit|heldBack/,
];

type Line = Readonly<Record<string, unknown>>;

/** Level of a bug that ended nothing. */
const fatal = 60;

/** Bugs that were logged: whoever records reads them, and no recording is compared by them. */
export function bugsIn(lines: readonly Line[]): readonly string[] {
  return lines.flatMap(({ level, err }) => (level === fatal ? [JSON.stringify(err)] : []));
}

/** Kinds of log lines: level, message and names of fields, each once and sorted. */
export function kindsOf(lines: readonly Line[]): readonly string[] {
  const known = lines.filter(({ level }) => level !== fatal);
  const kinds = known.map(({ level, time: _, msg, ...fields }) => {
    // How far an answer came decides which instants it has.
    const names = Object.keys(fields)
      .filter((name) => !name.endsWith('Ms'))
      .toSorted();
    return `${level} ${plain(msg)} { ${names.join(', ')} }`;
  });
  const steady = kinds.filter((kind) => !ofTheMachine.some((one) => one.test(kind)));
  return [...new Set(steady)].toSorted();
}
