-- One row per entry of the register with the kin that its household tells: a head's child has the head and the head's
-- spouse for parents, a head's parent is the head's own. Households with two heads or none tell nothing; nor does a sex that the number
-- contradicts (GB 11643, its 17th digit) tell mother from father.
CREATE OR REPLACE TABLE unify_household__$table AS
WITH member AS (
    SELECT r.record_no, r.$number AS household, k.kin, who.person_no,
           CASE WHEN TRY_CAST(substr($id_number, 17, 1) AS INT) % 2 = CASE r.$sex WHEN '1' THEN 0 WHEN '2' THEN 1 END THEN NULL ELSE r.$sex END AS sex
    FROM record_$table AS r
    JOIN (SELECT record_no, person_no FROM link_role WHERE department = $department AND dataset = $dataset AND role = $role) AS who
        ON who.record_no = r.record_no
    LEFT JOIN unify_kin AS k ON k.code = r.$relation AND k.list = $codes
    WHERE r.is_current AND r.$number IS NOT NULL
), couple AS (
    SELECT household,
           min(person_no) FILTER (kin = 'head') AS head, min(sex) FILTER (kin = 'head') AS head_sex,
           min(person_no) FILTER (kin = 'spouse') AS spouse, min(sex) FILTER (kin = 'spouse') AS spouse_sex,
           min(person_no) FILTER (kin = 'parent' AND sex = '2') AS head_mother,
           min(person_no) FILTER (kin = 'parent' AND sex = '1') AS head_father
    FROM member GROUP BY household
    HAVING count(DISTINCT person_no) FILTER (kin = 'head') = 1 AND count(DISTINCT person_no) FILTER (kin = 'spouse') <= 1
)
SELECT m.record_no, m.person_no, m.household, couple.head,
       CASE WHEN m.kin = 'child' AND head_sex = '2' THEN head
            WHEN m.kin = 'child' AND spouse_sex = '2' THEN couple.spouse
            WHEN m.kin = 'head' THEN head_mother END AS mother,
       CASE WHEN m.kin = 'child' AND head_sex = '1' THEN head
            WHEN m.kin = 'child' AND spouse_sex = '1' THEN couple.spouse
            WHEN m.kin = 'head' THEN head_father END AS father,
       CASE WHEN m.kin = 'head' THEN couple.spouse WHEN m.kin = 'spouse' THEN head END AS spouse
FROM member AS m JOIN couple USING (household);
