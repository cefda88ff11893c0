// Program of its own: the mock servers of recognition, chat and speech.

import {
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';
import { serveOrders } from './child-program.ts';
import type { ServersAddress, ServersOrder } from './orders.ts';

/** Two clauses, and 2.3 s at the usual pace of 65 ms a character: people ask about ten questions a minute. */
const answerText = 'Yes, it is, and so was the last one.';
/** Requests are kept by the mock servers; so many are forgotten at a time. */
const maxKeptRequests = 5_000;

const recogniser = openRecogniser();
const settings = {
  hears: (pcm: Parameters<typeof recogniser.hearPcm>[0]) => recogniser.hearPcm(pcm),
  replies: [{ match: /^/, text: answerText }],
};
let providers: MockProviders | undefined;

serveOrders<ServersOrder>(async () => {
  providers = await openMockProviders(settings);
  return { baseUrl: providers.baseUrl } satisfies ServersAddress;
});

setInterval(() => {
  if ((providers?.requests.length ?? 0) > maxKeptRequests) providers?.reset(settings);
}, 10_000).unref();
