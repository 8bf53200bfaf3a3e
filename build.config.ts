/** What is built beside the module, which the builder finds itself. */
export default { entries: ['src/schema'] }
