-- One row per move: the state that it brings an order into (none: it stays as it is), by which states, and whether it closes the order, opens
-- it anew, or hands it to the next higher level.
CREATE OR REPLACE TEMP TABLE order_effect AS
SELECT move, becomes, states, closes, reopens, rises
FROM (VALUES
    ('open',         'opened',    ['opened'],                         false, false, false),
    ('send',         'sent',      [],                                 false, false, false),
    ('answer',       'answered',  ['answered'],                       false, false, false),
    ('answer_again', 'answered',  ['reopened', 'answered'],           false, true,  false),
    ('confirm',      'closed',    ['answered', 'verified', 'closed'], true,  false, false),
    ('verify',       'closed',    ['verified', 'closed'],             true,  false, false),
    ('pass_on',      'escalated', ['answered', 'escalated'],          false, false, true),
    ('escalate',     'escalated', ['escalated'],                      false, false, true),
    ('reopen',       'reopened',  ['reopened'],                       false, true,  false),
    ('return',       'escalated', ['reopened', 'escalated'],          false, true,  true),
    ('rest',         NULL,        [],                                 false, false, false)
) AS effect (move, becomes, states, closes, reopens, rises);
