import type { EngineNews } from '#src/app/engines/engine-news.ts';
import {
  describeSilence,
  dropReasons,
  explainSilence,
  nothingToSay,
} from '#src/console/printer.ts';
import type { PageEvent } from '#src/console/sandbox-process.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

export type SendToPage = (event: PageEvent) => void;

/** Reports answers to the page of the sandbox, which cannot see them on Discord. */
export function createPageView(botName: string) {
  const engines: string[] = [];
  const live = new Map<string, string>();
  let report: SendToPage | undefined;

  /** Shows words live, then whole as said. */
  function onWords({
    name: who = botName,
    text,
    isWhole,
  }: Extract<SessionEvent, { kind: 'words' }>) {
    if (isWhole) report?.({ kind: 'said', who, text });
    if (isWhole || live.get(who) === text) return;
    live.set(who, text);
    report?.({ kind: 'live', who, text });
  }

  return {
    /** Sends the engines, which are ready by then, and every later event. */
    connect(send: SendToPage) {
      report = send;
      send({ kind: 'engines', lines: engines });
    },
    onEngine(news: EngineNews) {
      if (news.kind === 'ready') engines.push(`${news.role}: ${news.what}`);
    },
    onSession(event: SessionEvent) {
      switch (event.kind) {
        case 'recognised':
          report?.({
            kind: 'said',
            who: event.name,
            text: event.text,
          });
          return;
        case 'words':
          onWords(event);
          return;
        case 'answered': {
          const { name: who, text, heardText, finish, instants } = event;
          live.set(botName, heardText);
          report?.({
            kind: 'answered',
            who,
            text: finish === 'empty' ? text || nothingToSay : text,
            heardText,
            finish,
            instants,
          });
          return;
        }
        case 'ignored': {
          if (event.why === 'interjection') return;
          const why = describeSilence(explainSilence(event.why, botName), botName);
          report?.({ kind: 'ignored', who: event.name, why });
          return;
        }
        case 'dropped':
          report?.({
            kind: 'dropped',
            who: event.name,
            why: dropReasons[event.why],
          });
          return;
        default: // no outcome of speech
      }
    },
  };
}
