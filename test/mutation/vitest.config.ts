/** The tests beside the rules, each file in a worker of its own: no state of a mutant reaches the next one. */
export default {
  test: {
    include: ['test/{turn,people,spending,playback}/**/*.test.ts', 'test/session/budget*.test.ts'],
    isolate: true,
    pool: 'threads',
    restoreMocks: true,
    testTimeout: 60_000,
    experimental: { viteModuleRunner: false },
  },
};
