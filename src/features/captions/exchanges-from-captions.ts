import type { RememberedExchange } from '#src/conversation/answering/conversation-history.ts';
import {
  alsoKnownTo,
  type KnownBy,
  knownByAll,
  knownToPeopleAlone,
  peopleReading,
} from '#src/people/confidential-text.ts';
import { lineKnownBy } from './line-visibility.ts';
import { peopleIn, type TranscriptLine } from './transcript-line.ts';
import type { ResumableSession } from './transcript-store-types.ts';

/**
 * Exchanges with the bot out of the lines of a session that ended a moment ago, oldest first. One of which a line is gone is
 * none. They are known to the people who were there, and not to others who may open the place of the captions.
 */
export function exchangesOf(former: ResumableSession): readonly RememberedExchange[] {
  const { lines } = former;
  return lines.flatMap((answer) => {
    const { asked = [], speaker, text } = answer;
    const questions = asked.flatMap((number) => lines.find((line) => line.number === number) ?? []);
    if (questions.length === 0 || questions.length < asked.length) return [];
    const knownBy = exchangeKnownBy([...questions, answer], former);
    const said = saidIn(questions);
    return said.map(({ personId, name, words }, n): RememberedExchange => {
      const isLast = n === said.length - 1;
      const alsoIds = peopleIn(speaker).filter((id) => id !== personId);
      const heard = isLast ? text : '';
      const others = isLast ? { alsoIds } : {};
      return { speakerId: personId, name, said: words, heard, ...others, knownBy, isFormer: true };
    });
  });
}

/** Words of each speaker, in the order of their first. */
function saidIn(questions: readonly TranscriptLine[]) {
  const spoken = questions.flatMap(({ speaker, text }) =>
    speaker.kind === 'person' ? [{ personId: speaker.personId, name: speaker.name, text }] : [],
  );
  return Array.from(
    Map.groupBy(spoken, ({ personId }) => personId),
    ([personId, all]) => {
      const words = all.map(({ text }) => text).join(' ');
      return { personId, name: all[0]?.name ?? '', words };
    },
  );
}

/** People who were there for all of it; those who asked were, also where a killed process noted that no more. */
function exchangeKnownBy(
  lines: readonly TranscriptLine[],
  { presences, session }: ResumableSession,
): KnownBy {
  const known = knownByAll(lines.map((line) => lineKnownBy(line, session, presences)));
  const askerIds = lines.flatMap(({ speaker }) =>
    speaker.kind === 'person' ? [speaker.personId] : [],
  );
  const { people = [] } = peopleReading(askerIds);
  return alsoKnownTo(knownToPeopleAlone(known), people);
}
