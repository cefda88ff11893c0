// Program of its own: the mock servers of recognition, chat and speech.
import { serveOrders } from '#bench/processes/child-program.ts';
import { type MockProviders, openMockProviders } from '#test/fakes/providers/providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/recogniser.ts';
import type { ServersAddress, ServersOrder } from './orders.ts';

/** 2.3 s at the usual pace: long enough to be interrupted. */
const answer = 'Yes, it is, and so was the last one.';
/** Requests are kept by the mock servers; so many are forgotten at a time. */
const mostRequests = 5_000;

const recogniser = await openRecogniser();
const settings = {
  hears: (pcm: Parameters<typeof recogniser.hear>[0]) => recogniser.hear(pcm),
  replies: [{ match: /^/, text: answer }],
};
let providers: MockProviders | undefined;

serveOrders<ServersOrder>(async () => {
  const opened = await openMockProviders(settings);
  providers = opened;
  return { baseUrl: opened.baseUrl } satisfies ServersAddress;
});

setInterval(() => {
  if ((providers?.requests.length ?? 0) > mostRequests) providers?.reset(settings);
}, 10_000).unref();
