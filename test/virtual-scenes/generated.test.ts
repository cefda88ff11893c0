import { testGeneratedScenes } from './virtual-scene-tests.ts';

// The long tests play those of further seeds.
testGeneratedScenes(1, 4);
