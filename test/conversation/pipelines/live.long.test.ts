import { testSessionPipeline } from '#test/contracts/session-pipeline.ts';

testSessionPipeline('live');
