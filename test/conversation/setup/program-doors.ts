import { expect } from 'vitest';
import type { Public } from '#src/base/public.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import type { AnswerForm } from '#src/ports/command-ports.ts';
import type { FakeSynthesizer } from '#test/fakes/speech.ts';
import { openApi, openLoopback, programPorts } from '#test/web/api/api-setup.ts';
import { passUntil } from './narration.ts';
import type { SessionFixture } from './session-fixture.ts';

/** Data that a program gets over HTTP, by the door through which it comes. */
export async function programDoors(
  fixture: SessionFixture,
  synthesizer: FakeSynthesizer,
): Promise<Readonly<Record<string, string>>> {
  const { dependencies, sessions, talk, transcriptFor } = fixture;
  const { recordings } = dependencies;
  const { signal } = new AbortController();
  const answers = new ProgramAnswers(dependencies, sessions, recordings, signal);
  let arrived = Promise.withResolvers<void>();
  const asking: Pick<Public<TypedRequests>, 'ask'> = {
    ask: (...all) => {
      arrived.resolve();
      return talk.ask(...all);
    },
  };
  const answering: Public<ProgramAnswers> = {
    pipelines: (guildId) => answers.pipelines(guildId),
    answer: (...all) => {
      arrived.resolve();
      return answers.answer(...all);
    },
    speak: (...all) => answers.speak(...all),
  };
  const ports = programPorts({
    ...asking,
    more: { programAnswers: answering, transcripts: transcriptFor },
  });
  await using api = await openApi(ports);
  await using server = await openLoopback(api.app);
  await api.add('bell', { guildId: 'g' });
  const headers = { authorization: 'Bearer bell', 'content-type': 'application/json' };
  const read = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}/v1/${path}`, { headers, ...init });
    return `${response.status} ${await response.text()}`;
  };
  const post = async (path: string, body: object) => {
    arrived = Promise.withResolvers();
    const answer = read(path, { method: 'POST', body: JSON.stringify(body) });
    await Promise.race([arrived.promise, answer]);
    await passUntil(fixture, answer);
    return await answer;
  };
  const ask = (question: string, answer: AnswerForm) => post('servers/g/ask', { question, answer });
  const before = synthesizer.asked.length;
  const heard = {
    'an answer to a program': await ask('What did you hear?', 'voice'),
    'lines for a program': await ask('What was decided?', 'voice'),
  };
  const spoken = JSON.stringify(synthesizer.asked.slice(before));
  const messages = [{ role: 'user', content: 'What did you hear?' }];
  const answered = {
    ...heard,
    'an answer to a program in writing': await ask('What did you hear?', 'text'),
    'an answer to a program in a file': await ask('What was decided?', 'file'),
    'a completion': await post('chat/completions', { model: 'chained', messages }),
  };
  for (const answer of Object.values(answered))
    expect(answer).toMatch(/^200 .*(I know nothing|I found nothing)/);
  return {
    ...answered,
    'answers to a program, said': spoken,
    'transcripts for a program': await read('servers/g/transcripts'),
    'a transcript for a program': await read('servers/g/transcripts/last'),
  };
}
