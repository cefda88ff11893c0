import { sessionPipelineContract } from '#test/contracts/session-pipeline.ts';

sessionPipelineContract('realtime');
