import { testGeneratedScenes } from './generated-scene-tests.ts';

// The long tests play those of further seeds.
testGeneratedScenes(1, 50);
