// When a run is killed, its workers must end too: they would stay for ever, with displays, programs and networks.
process.once('disconnect', () => {
  // Inside a test process.exit only throws, so the handlers for the end are called by hand.
  process.emit('exit', 1);
  process.kill(process.pid, 'SIGKILL');
});
