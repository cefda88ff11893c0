/** The ways to answer a turn; the first is what a bot uses that is told nothing. */
export const pipelineNames = ['chained', 'audio-model', 'realtime'] as const;
export type PipelineName = (typeof pipelineNames)[number];
