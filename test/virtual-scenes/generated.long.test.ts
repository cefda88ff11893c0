import { testGeneratedScenes } from './virtual-scene-tests.ts';

testGeneratedScenes(5, 200);
