// The first line of npm start, before hundreds of modules are read. The log on stdout stays lines of JSON.
if (!process.argv.includes('--help')) console.error('Starting Parley ...');
