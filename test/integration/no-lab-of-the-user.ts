/** A command that a test runs without naming a lab means one of the test's own, never the one the user of this machine has up. */
process.env.PODWIRE_NAME = `t${process.pid}-unnamed`;
