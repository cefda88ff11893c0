// Program of its own: the mock servers of recognition, chat and speech.

import { type MockProviders, openMockProviders } from '#test/fakes/providers/providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/recogniser.ts';
import { serveOrders } from './child-program.ts';
import type { AnswerLength, ServersAddress, ServersOrder } from './orders.ts';

/** 5 s at the usual pace of 65 ms a character. */
const sentence = 'Yes, it is, and so was the last one that you asked me about a while ago, too.';
const answers: Readonly<Record<AnswerLength, string>> = {
  sentence,
  story: Array<string>(115).fill(sentence).join(' '),
};
/** Requests are kept by the mock servers; so many are forgotten at a time. */
const mostRequests = 5_000;

const recogniser = await openRecogniser();
let length: AnswerLength = 'sentence';
let providers: MockProviders | undefined;

serveOrders<ServersOrder>(async (order) => {
  if (order.do === 'answer') {
    length = order.length;
    providers?.reset(settings());
    return undefined;
  }
  providers = await openMockProviders(settings());
  return { baseUrl: providers.baseUrl } satisfies ServersAddress;
});

setInterval(() => {
  if ((providers?.requests.length ?? 0) > mostRequests) providers?.reset(settings());
}, 10_000).unref();

function settings() {
  return {
    hears: (pcm: Parameters<typeof recogniser.hear>[0]) => recogniser.hear(pcm),
    replies: [{ match: /^/, text: answers[length] }],
  };
}
