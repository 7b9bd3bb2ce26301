// Says that the page holds its widgets now: what changes from here on reaches them.
export default { initialize({ model }) { model.send({ here: true }); } };
