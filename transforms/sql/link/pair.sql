-- One row per pair of records of which more is to be told than that they bear the same number: what joined them, what keeps them
-- apart, or that nobody can say. outcome: linked, doubtful (waits for a decision), rejected, cut (would have been linked, but why
-- says against which constraint). weight is log2 of the odds that the comparisons make, probability what follows from it;
-- evidence is a JSON object of comparison and outcome, without any person's values.
CREATE OR REPLACE TABLE link_pair (
    left_department VARCHAR, left_dataset VARCHAR, left_record_key VARCHAR, left_role VARCHAR,
    right_department VARCHAR, right_dataset VARCHAR, right_record_key VARCHAR, right_role VARCHAR,
    rule VARCHAR, weight DOUBLE, probability DOUBLE, evidence VARCHAR, outcome VARCHAR, why VARCHAR
);
