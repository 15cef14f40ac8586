// A run that is killed takes its workers with it: they would stay for ever, with displays, programs and networks.
process.once('disconnect', () => {
  // In a test process.exit only throws, so what is to happen at the end is asked for by hand.
  process.emit('exit', 1);
  process.kill(process.pid, 'SIGKILL');
});
